import type { Transport } from "@connectrpc/connect";
import {
  compressionGzip,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
  Http2SessionManager,
} from "@connectrpc/connect-node";
import { connectCaller } from "../../src/callers/connect.js";
import { gateway as baseUrl } from "../../src/gateway.js";
import { describeJob } from "../../src/job.js";

const json = { useBinaryFormat: false };
const gzip = { sendCompression: compressionGzip, compressMinBytes: 0 };

describeJob("connect-node", {
  "gRPC": () => http2((options) => createGrpcTransport(options)),
  "gRPC, gzip": () => http2((options) => createGrpcTransport({ ...options, ...gzip })),
  "gRPC, JSON": () => http2((options) => createGrpcTransport({ ...options, ...json })),
  "grpc-web, HTTP/1.1": () => http1((options) => createGrpcWebTransport(options)),
  "grpc-web, HTTP/2": () => http2((options) => createGrpcWebTransport(options)),
  "grpc-web, JSON": () => http2((options) => createGrpcWebTransport({ ...options, ...json })),
  "Connect, HTTP/1.1": () => http1((options) => createConnectTransport(options)),
  "Connect, HTTP/2": () => http2((options) => createConnectTransport(options)),
  "Connect, gzip": () => http2((options) => createConnectTransport({ ...options, ...gzip })),
  "Connect, JSON, HTTP/1.1": () => http1((options) => createConnectTransport({ ...options, ...json })),
  "Connect, JSON, HTTP/2": () => http2((options) => createConnectTransport({ ...options, ...json })),
  "Connect, GET": () => http1((options) => createConnectTransport({ ...options, useHttpGet: true })),
});

function http1(transport: (options: { baseUrl: string; httpVersion: "1.1" }) => Transport) {
  return connectCaller(transport({ baseUrl, httpVersion: "1.1" }));
}

/** On a connection of its own, which would keep the program alive. */
function http2(
  transport: (options: { baseUrl: string; httpVersion: "2"; sessionManager: Http2SessionManager }) => Transport,
) {
  const sessionManager = new Http2SessionManager(baseUrl);
  return connectCaller(transport({ baseUrl, httpVersion: "2", sessionManager }), () => sessionManager.abort());
}
