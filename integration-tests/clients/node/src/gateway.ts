// The mesh that the tests speak with.

/** Address of the running mesh's gateway. */
export const gateway = requiredEnvironment("QUICKSYNC_GATEWAY");

/** A call that takes longer has failed; the mesh may be busy with other tests. */
export const CALL_TIMEOUT_MS = 20_000;

/** The protos that every client is made of. */
export const protoFolder = new URL("../../../../proto/", import.meta.url).pathname;

function requiredEnvironment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must be the address of a running gateway, like http://127.0.0.1:8080`);
  return value;
}
