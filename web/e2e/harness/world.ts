/** What there is once for all tests of a file: the mesh and a browser program. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { inject } from "vitest";
import { Mesh } from "./mesh.ts";

/** As Debian, others and Google name them; scripts/prerequisites.sh knows the same. */
const PROGRAMS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

export const mesh = new Mesh(inject("stateDir"));

let launched: Promise<Browser> | undefined;

/** The browser program, started with the first test that wants it. */
export function browser(): Promise<Browser> {
  launched ??= chromium.launch({
    executablePath: program(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  return launched;
}

export async function closeBrowser(): Promise<void> {
  await (await launched)?.close();
  launched = undefined;
}

function program(): string {
  const named = process.env["QUICKSYNC_CHROMIUM"];
  if (named !== undefined && named !== "") return named;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const found = PROGRAMS.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
  if (found === undefined)
    throw new Error("no Chromium or Chrome on the PATH: scripts/prerequisites.sh --tests installs one");
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
