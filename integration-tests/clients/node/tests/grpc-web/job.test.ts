import { grpcWebCaller } from "../../src/callers/grpc-web.js";
import { describeJob } from "../../src/job.js";

describeJob("grpc-web", {
  text: () => grpcWebCaller("text"),
  binary: () => grpcWebCaller("binary"),
});
