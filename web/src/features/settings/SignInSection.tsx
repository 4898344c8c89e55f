import { EmailCard } from "./EmailCard";
import { IdentitiesCard } from "./IdentitiesCard";
import { PasswordCard } from "./PasswordCard";

/** The ways into the account. */
export function SignInSection() {
  return (
    <>
      <EmailCard />
      <PasswordCard />
      <IdentitiesCard />
    </>
  );
}
