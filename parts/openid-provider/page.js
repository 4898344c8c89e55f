// The page on which one chooses who to be.

const escape = (text) =>
  String(text).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const button = ({ id, email, email_verified, name }) =>
  `<button name="account" value="${escape(id)}">${escape(name)}<small>${escape(email)}${email_verified ? "" : " (not verified)"}</small></button>`;

/** A form that posts `account` or, to say no, `cancel`. It needs no script. */
export const chooseAccount = (client, accounts) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Demo provider</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 24rem; margin: 4rem auto; padding: 0 1rem; }
  button { display: block; width: 100%; margin: 0.5rem 0; padding: 0.5rem 1rem; font: inherit; text-align: left; }
  small { display: block; }
</style>
<h1>Demo provider</h1>
<p>Choose an account to go on to <b>${escape(client)}</b>. This stands for Google while developing: there are no passwords.</p>
<form method="post">
${accounts.map(button).join("\n")}
<button name="cancel" value="yes">Cancel</button>
</form>
</html>
`;
