// An OpenID provider for development and tests: the certified `oidc-provider`, configured to look like Google. Who signs in
// chooses an account on a page without a password, so it must never be reachable by anybody else.
//
// usage: node server.js CONFIG.json
//
// CONFIG.json: {"port": 17001, "clients": [{"client_id", "client_secret", "redirect_uris"}]}; beside it accounts.json, which is read
// again at each use: [{"id", "email", "email_verified", "name"}].
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";

import { Provider } from "oidc-provider";

import { chooseAccount } from "./page.js";

// The package wants Node 22 for this alone.
URL.parse ??= (text, base) => (URL.canParse(text, base) ? new URL(text, base) : null);

const FORM_BYTES_MAX = 4096;
const [, , configFile] = process.argv;
const config = JSON.parse(readFileSync(configFile, "utf8"));
const issuer = `http://127.0.0.1:${config.port}`;

const accounts = () => JSON.parse(readFileSync(join(dirname(configFile), "accounts.json"), "utf8"));

/** Keys live as long as the process: a restart is a rotation of keys without notice. */
function signingKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: randomBytes(8).toString("hex") };
}

async function findAccount(_context, id) {
  const account = accounts().find((account) => account.id === id);
  if (!account) return undefined;
  const { email, email_verified, name } = account;
  return { accountId: id, claims: () => ({ sub: id, email, email_verified, name }) };
}

/** Nobody is asked what the client may see: as with Google for `openid email profile`, choosing the account is the consent. */
async function loadExistingGrant(context) {
  const { client, session, params } = context.oidc;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  grant.addOIDCScope(params.scope);
  await grant.save();
  return grant;
}

const provider = new Provider(issuer, {
  clients: config.clients.map((client) => ({ ...client, token_endpoint_auth_method: "client_secret_basic" })),
  jwks: { keys: [signingKey()] },
  cookies: { keys: [randomBytes(32).toString("base64url")] },
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  // Google puts them into the ID token, where the standard would have the client ask for them once more.
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  // A short session, so that one can choose another account a minute later.
  ttl: { AccessToken: 3600, AuthorizationCode: 60, Grant: 3600, IdToken: 3600, Interaction: 3600, Session: 60 },
  findAccount,
  loadExistingGrant,
});

async function form(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > FORM_BYTES_MAX) throw new Error("the form is too long");
  }
  return new URLSearchParams(text);
}

/** The page, and what comes back from it: `account` with an id, or `cancel`. */
async function interact(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  if (request.method === "POST") {
    const account = (await form(request)).get("account");
    const result = account
      ? { login: { accountId: account } }
      : { error: "access_denied", error_description: "the person said no" };
    await provider.interactionFinished(request, response, result);
    return;
  }
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
  response.end(chooseAccount(params.client_id, accounts()));
}

const answer = provider.callback();
const server = createServer((request, response) => {
  if (!request.url.startsWith("/interaction/")) {
    answer(request, response);
    return;
  }
  interact(request, response).catch((error) => {
    response.writeHead(400, { "content-type": "text/plain; charset=utf-8" });
    response.end(`${error.message}: begin again\n`);
  });
});
server.listen(config.port, "127.0.0.1", () => console.log(`listening at ${issuer}`));
process.on("SIGTERM", () => process.exit(0));
