import { bufCurlCaller } from "../../src/callers/buf-curl.js";
import { describeJob } from "../../src/job.js";

const HTTP_2 = "--http2-prior-knowledge";

describeJob("buf curl", {
  "gRPC": () => bufCurlCaller("--protocol", "grpc", HTTP_2),
  "grpc-web, HTTP/1.1": () => bufCurlCaller("--protocol", "grpcweb"),
  "Connect, HTTP/1.1": () => bufCurlCaller("--protocol", "connect"),
  "Connect, HTTP/2": () => bufCurlCaller("--protocol", "connect", HTTP_2),
});
