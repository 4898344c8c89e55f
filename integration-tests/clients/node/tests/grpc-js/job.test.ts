import { compressionAlgorithms } from "@grpc/grpc-js";
import { grpcJsCaller } from "../../src/callers/grpc-js.js";
import { describeJob } from "../../src/job.js";

describeJob("grpc-js", {
  "gRPC": () => grpcJsCaller(),
  "gRPC, gzip": () => grpcJsCaller({ "grpc.default_compression_algorithm": compressionAlgorithms.gzip }),
});
