/**
 * Before all tests: a mesh of their own, from nothing; after them it is gone. With QUICKSYNC_E2E_MESH, the state folder of a
 * mesh that runs (`quicksync-dev --state-dir DIR up --for-tests`), they use that one and leave it: for whoever writes tests.
 */
import { createServer } from "node:net";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { dev, workspace } from "./mesh.ts";

declare module "vitest" {
  interface ProvidedContext {
    stateDir: string;
  }
}

/** The gateway's, the OpenID provider's and those of the services behind it. */
const PORTS = 17;
const FIRST_PORT_MIN = 21_000;
const FIRST_PORT_MAX = 29_000;

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const running = process.env["QUICKSYNC_E2E_MESH"];
  if (running !== undefined && running !== "") {
    project.provide("stateDir", running);
    return () => Promise.resolve();
  }
  const stateDir = join(workspace, "target/web-e2e");
  // A run that was cut off has left its mesh.
  await dev(stateDir, "reset");
  const first = await freePorts();
  await dev(stateDir, "up", "--for-tests", "--gateway-port", String(first), "--first-port", String(first + 1));
  project.provide("stateDir", stateDir);
  return () => dev(stateDir, "reset");
}

/** The first of as many free ports in a row as a mesh needs. */
async function freePorts(): Promise<number> {
  for (let first = FIRST_PORT_MIN; first < FIRST_PORT_MAX; first += PORTS) {
    const row = Array.from({ length: PORTS }, (_, index) => first + index);
    const free = await Promise.all(row.map(isFree));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`there are no ${PORTS} free ports in a row between ${FIRST_PORT_MIN} and ${FIRST_PORT_MAX}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => {
      resolve(false);
    });
    server.listen(port, "127.0.0.1", () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
