// `buf curl`: a program for each call, which speaks JSON with us and one of the three protocols with the gateway.
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import {
  create,
  type DescMethod,
  fromJsonString,
  type DescMessage,
  type MessageInitShape,
  toJsonString,
} from "@bufbuild/protobuf";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import { type Caller, credentials } from "../caller.js";
import { gateway, protoFolder } from "../gateway.js";
import { Refusal } from "../refusal.js";

/** Its exit status is the code of gRPC in front of these bits. */
const CODE_SHIFT_BITS = 3;

/** What it prints of an error. */
interface Failure {
  code: string;
  message: string;
  details?: { type: string; value: string }[];
}

/** `options` say the protocol and the version of HTTP. */
export function bufCurlCaller(...options: string[]): Caller {
  return {
    async unary(method, request, token) {
      for await (const reply of replies(start(options, method, request, token))) {
        return fromJsonString(method.output, reply);
      }
      throw new Error(`${method.name}: no reply`);
    },
    async *serverStream(method, request, signal, token) {
      const program = start(options, method, request, token);
      signal.addEventListener("abort", () => program.kill());
      for await (const reply of replies(program)) yield fromJsonString(method.output, reply);
    },
    close() {},
  };
}

function start<I extends DescMessage>(
  options: string[],
  method: DescMethod & { input: I },
  request: MessageInitShape<I>,
  token: string | undefined,
): ChildProcess {
  const headers = Object.entries(credentials(token)).flatMap(([name, value]) => ["--header", `${name}: ${value}`]);
  const data = toJsonString(method.input, create(method.input, request));
  const url = `${gateway}/${method.parent.typeName}/${method.name}`;
  const args = ["curl", "--schema", protoFolder, ...options, ...headers, "--data", data, url];
  return spawn("buf", args, { stdio: ["ignore", "pipe", "pipe"] });
}

/** Each reply is an object that begins and ends in the first column. */
async function* replies(program: ChildProcess): AsyncGenerator<string> {
  const { stdout, stderr } = program;
  if (!stdout || !stderr) throw new Error("both are pipes");
  const ended = new Promise<number | null>((resolve, reject) => {
    program.once("error", reject);
    program.once("close", resolve);
  });
  const complaint = text(stderr);
  let lines: string[] = [];
  for await (const line of createInterface(stdout)) {
    lines.push(line);
    if (line === "}" || line === "{}") {
      yield lines.join("\n");
      lines = [];
    }
  }
  const status = await ended;
  if (status !== 0) throw refusal(status, await complaint);
}

function refusal(status: number | null, complaint: string): Error {
  const isOfGrpc = status !== null && status >= 1 << CODE_SHIFT_BITS;
  if (!isOfGrpc) return new Error(`buf curl ended with ${status}: ${complaint}`);
  const { code, message, details = [] } = JSON.parse(complaint) as Failure;
  const told = codeFromString(code);
  if (told === undefined || told << CODE_SHIFT_BITS !== status) return new Error(`${status} is not ${code}`);
  const bytes = details.map(({ type, value }) => ({ type, value: Buffer.from(value, "base64") }));
  return new Refusal(told, message, bytes);
}
