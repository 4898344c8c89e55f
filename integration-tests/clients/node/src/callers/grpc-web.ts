// The official grpc-web, which calls by XMLHttpRequest: jsdom has the one of a page of the gateway.
//
// Its plugin for protoc makes stubs that hold such descriptions of methods; protobuf-es knows all that stands in them.
import { Readable } from "node:stream";
import { create, type DescMessage, type DescMethod, fromBinary, type MessageShape, toBinary } from "@bufbuild/protobuf";
import grpcWeb, { type RpcError } from "grpc-web";
import { JSDOM } from "jsdom";
import { type Caller, credentials } from "../caller.js";
import { CALL_TIMEOUT_MS, gateway } from "../gateway.js";
import { Refusal } from "../refusal.js";

const { window } = new JSDOM("", { url: gateway });
globalThis.XMLHttpRequest = window.XMLHttpRequest;

/** Streams are read as text in either case: a binary answer comes to a page when it is whole, as the library says. */
export function grpcWebCaller(format: "text" | "binary"): Caller {
  const calls = new grpcWeb.GrpcWebClientBase({ format });
  const streams = new grpcWeb.GrpcWebClientBase({ format: "text" });
  return {
    async unary(method, request, token) {
      const message = create(method.input, request);
      // Its way to say a deadline.
      const metadata = { ...credentials(token), deadline: String(Date.now() + CALL_TIMEOUT_MS) };
      try {
        return await calls.unaryCall(url(method), message, metadata, description(method));
      } catch (error) {
        throw refusal(error as RpcError);
      }
    },
    async *serverStream(method, request, signal, token) {
      const message = create(method.input, request);
      const call = streams.serverStreaming(url(method), message, credentials(token), description(method));
      const replies = new Readable({ objectMode: true, read: () => {} });
      call.on("data", (reply) => replies.push(reply));
      call.on("error", (error) => replies.destroy(refusal(error)));
      call.on("end", () => replies.push(null));
      signal.addEventListener("abort", () => {
        call.cancel();
        replies.destroy();
      });
      yield* replies;
    },
    close() {},
  };
}

function url(method: DescMethod): string {
  return `${gateway}/${method.parent.typeName}/${method.name}`;
}

function description<I extends DescMessage, O extends DescMessage>(method: DescMethod & { input: I; output: O }) {
  // They come into being by the functions below.
  const made = Object as unknown as { new (): MessageShape<I> & MessageShape<O> };
  const { UNARY, SERVER_STREAMING } = grpcWeb.MethodType;
  return new grpcWeb.MethodDescriptor(
    `/${method.parent.typeName}/${method.name}`,
    method.methodKind === "unary" ? UNARY : SERVER_STREAMING,
    made,
    made,
    (request: MessageShape<I>) => toBinary(method.input, request),
    (bytes: Uint8Array) => fromBinary(method.output, bytes),
  );
}

function refusal(error: RpcError): Error {
  const details = error.metadata?.["grpc-status-details-bin"];
  if (details === undefined) return error;
  return Refusal.fromStatus(error.code, error.message, Buffer.from(details, "base64"));
}
