import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
import { connectCaller } from "../../src/callers/connect.js";
import { gateway as baseUrl } from "../../src/gateway.js";
import { describeJob } from "../../src/job.js";

const useBinaryFormat = false;

describeJob("connect-web", {
  "grpc-web": () => connectCaller(createGrpcWebTransport({ baseUrl })),
  "grpc-web, JSON": () => connectCaller(createGrpcWebTransport({ baseUrl, useBinaryFormat })),
  "Connect": () => connectCaller(createConnectTransport({ baseUrl, useBinaryFormat: true })),
  "Connect, JSON": () => connectCaller(createConnectTransport({ baseUrl, useBinaryFormat })),
  "Connect, GET": () => connectCaller(createConnectTransport({ baseUrl, useHttpGet: true })),
});
