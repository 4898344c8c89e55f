import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { failure } from "../../src/connect-web/expect.js";
import { auth, register } from "../../src/connect-web/person.js";

test("a person signs in by name without regard to case, and not by an address that is only claimed", async () => {
  const ada = await register("ada");
  const { user } = await auth.login({ login: ada.user.username.toUpperCase(), password: ada.password });
  assert.equal(user?.userId, ada.user.userId);
  await failure(
    auth.login({ login: `${ada.user.username}@example.org`, password: ada.password }),
    Code.Unauthenticated,
    "BAD_CREDENTIALS",
  );
  await failure(
    auth.login({ login: ada.user.username, password: "not the password" }),
    Code.Unauthenticated,
    "BAD_CREDENTIALS",
  );
});

test("refreshed tokens work, and one that was never given does not", async () => {
  const ada = await register("ada");
  for (let n = 0; n < 2; n++) {
    const { tokens } = await auth.refresh({ refreshToken: ada.tokens.refreshToken });
    assert.ok(tokens);
    ada.tokens = tokens;
    const { user } = await ada.users.getMe({});
    assert.equal(user?.userId, ada.user.userId);
  }
  await failure(auth.refresh({ refreshToken: "never-given" }), Code.Unauthenticated, "REFRESH_TOKEN_INVALID");
});

test("somebody who logged out cannot refresh", async () => {
  const ada = await register("ada");
  await auth.logout({ refreshToken: ada.tokens.refreshToken });
  await auth.logout({ refreshToken: ada.tokens.refreshToken });
  await failure(
    auth.refresh({ refreshToken: ada.tokens.refreshToken }),
    Code.Unauthenticated,
    "REFRESH_TOKEN_INVALID",
  );
});
