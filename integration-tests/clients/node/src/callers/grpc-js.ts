// @grpc/grpc-js with @grpc/proto-loader: messages are plain objects, made of the protos when the program starts.
import { create, type DescMethod, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type ChannelOptions,
  type ClientReadableStream,
  credentials as channelCredentials,
  type GrpcObject,
  loadPackageDefinition,
  Metadata,
  type MethodDefinition,
  type ServiceClientConstructor,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { type Caller, credentials } from "../caller.js";
import { CALL_TIMEOUT_MS, gateway, protoFolder } from "../gateway.js";
import { Refusal } from "../refusal.js";

/** Where the services are that the job calls. */
const FILES = [
  "quicksync/chat/v1/chat_service.proto",
  "quicksync/messaging/v1/messaging_service.proto",
  "quicksync/notification/v1/notification_service.proto",
  "quicksync/user/v1/auth_service.proto",
  "quicksync/user/v1/user_service.proto",
];

const root = loadPackageDefinition(
  loadSync(FILES, { includeDirs: [protoFolder], longs: String, enums: String, oneofs: true }),
);

type Stub = InstanceType<ServiceClientConstructor>;

export function grpcJsCaller(options: ChannelOptions = {}): Caller {
  // Whatever proxy the environment names, the gateway is on this machine.
  const settings = { ...options, "grpc.enable_http_proxy": 0 };
  const stubs = new Map<string, Stub>();
  const stubOf = (method: DescMethod): Stub => {
    const service = method.parent.typeName;
    const stub = stubs.get(service) ?? new (constructorOf(service))(address, insecure, settings);
    stubs.set(service, stub);
    return stub;
  };
  return {
    unary(method, request, token) {
      const plain = plainRequest(method, toBinary(method.input, create(method.input, request)));
      return new Promise((resolve, reject) => {
        const deadline = Date.now() + CALL_TIMEOUT_MS;
        const answered = (error: ServiceError | null, reply: object) => {
          if (error) reject(refusal(error));
          else resolve(fromBinary(method.output, replyBytes(method, reply)));
        };
        stubOf(method)[method.name]?.(plain, metadata(token), { deadline }, answered);
      });
    },
    async *serverStream(method, request, signal, token) {
      const plain = plainRequest(method, toBinary(method.input, create(method.input, request)));
      const stream = stubOf(method)[method.name]?.(plain, metadata(token)) as ClientReadableStream<object>;
      signal.addEventListener("abort", () => stream.cancel());
      try {
        for await (const reply of stream) yield fromBinary(method.output, replyBytes(method, reply));
      } catch (error) {
        throw refusal(error as ServiceError);
      }
    },
    close() {
      for (const stub of stubs.values()) stub.close();
    },
  };
}

const address = new URL(gateway).host;
const insecure = channelCredentials.createInsecure();

function constructorOf(service: string): ServiceClientConstructor {
  const found = service.split(".").reduce<unknown>((from, name) => (from as GrpcObject)[name], root);
  return found as ServiceClientConstructor;
}

function definitionOf(method: DescMethod): MethodDefinition<object, object> {
  const definition = constructorOf(method.parent.typeName).service[method.name];
  if (!definition) throw new Error(`proto-loader has no ${method.name}`);
  return definition;
}

/** What a program would write as the request. */
function plainRequest(method: DescMethod, bytes: Uint8Array): object {
  return definitionOf(method).requestDeserialize(Buffer.from(bytes));
}

/** What a program got as the reply, for those who know the message by its schema. */
function replyBytes(method: DescMethod, reply: object): Uint8Array {
  return definitionOf(method).responseSerialize(reply);
}

function metadata(token: string | undefined): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(credentials(token))) metadata.set(name, value);
  return metadata;
}

function refusal(error: ServiceError): Error {
  const [details] = error.metadata?.get("grpc-status-details-bin") ?? [];
  return details instanceof Buffer ? Refusal.fromStatus(error.code, error.details, details) : error;
}
