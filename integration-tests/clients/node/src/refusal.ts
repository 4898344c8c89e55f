// An error of gRPC as every client can tell it: code, message and details.
import { type DescMessage, fromBinary, type MessageShape } from "@bufbuild/protobuf";
import type { Code } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { BadRequestSchema, ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.js";
import { StatusSchema } from "../gen/google/rpc/status_pb.js";

/** One of the details of an error, by the full name of its message. */
export interface Detail {
  type: string;
  value: Uint8Array;
}

export class Refusal extends Error {
  /** As gRPC writes it: `NOT_FOUND`. */
  readonly code: string;

  constructor(
    code: Code,
    message: string,
    private readonly details: Detail[],
  ) {
    super(message);
    this.code = codeToString(code).toUpperCase();
  }

  /** From the status of gRPC and the bytes of its trailer `grpc-status-details-bin`. */
  static fromStatus(code: number, message: string, details: Uint8Array): Refusal {
    const status = fromBinary(StatusSchema, details);
    if (status.code !== code) throw new Error(`the trailers tell ${code} and ${status.code}`);
    const named = status.details.map(({ typeUrl, value }) => ({ type: typeUrl.split("/").at(-1) ?? "", value }));
    return new Refusal(code, message, named);
  }

  /** What the catalogue of reasons calls it. */
  get reason(): string | undefined {
    return this.find(ErrorInfoSchema)?.reason;
  }

  /** The fields that it complains about, sorted. */
  get fields(): string[] {
    const violations = this.find(BadRequestSchema)?.fieldViolations ?? [];
    return violations.map(({ field }) => field).sort();
  }

  private find<T extends DescMessage>(schema: T): MessageShape<T> | undefined {
    const detail = this.details.find(({ type }) => type === schema.typeName);
    return detail && fromBinary(schema, detail.value);
  }
}
