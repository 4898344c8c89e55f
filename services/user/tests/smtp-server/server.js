// A mail server that keeps nothing: it prints each mail that it took as one line of JSON. Told what to be by one JSON argument:
// { port, key, cert, tls: "implicit" | "starttls" | "none", username, password }. Ends with its standard input.
//
// Refuses "refused@..." for good, and the first mail to "later@..." for now.
import { SMTPServer } from "smtp-server";

const settings = JSON.parse(process.argv[2]);
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const refusal = (code, text) => Object.assign(new Error(text), { responseCode: code });
const seen = new Set();

const server = new SMTPServer({
  name: "localhost",
  key: settings.key,
  cert: settings.cert,
  secure: settings.tls === "implicit",
  disabledCommands: [
    ...(settings.tls === "starttls" ? [] : ["STARTTLS"]),
    ...(settings.username ? [] : ["AUTH"]),
  ],
  authOptional: !settings.username,
  disableReverseLookup: true,
  onAuth(auth, session, done) {
    const good = auth.username === settings.username && auth.password === settings.password;
    done(good ? null : refusal(535, "wrong name or password"), { user: auth.username });
  },
  onRcptTo(recipient, session, done) {
    const to = recipient.address;
    if (to.startsWith("refused@")) return done(refusal(550, "no such mailbox"));
    if (to.startsWith("later@") && !seen.has(to)) {
      seen.add(to);
      return done(refusal(451, "come back later"));
    }
    done();
  },
  onData(stream, session, done) {
    const chunks = [];
    stream.on("data", (chunk) => chunks.push(chunk));
    stream.on("end", () => {
      print({
        from: session.envelope.mailFrom.address,
        to: session.envelope.rcptTo.map((recipient) => recipient.address),
        secure: session.secure,
        user: session.user ?? "",
        data: Buffer.concat(chunks).toString(),
      });
      done();
    });
  },
});
server.on("error", () => {}); // A client that ends in the middle is no reason to end.
server.listen(settings.port, "127.0.0.1", () => print({ listening: server.server.address().port }));
process.stdin.on("end", () => process.exit()).resume();
