import { Suspense, type ReactNode } from "react";
import { Navigate, Route, Routes, useLocation } from "react-router";
import { useSession } from "../../store/hooks";
import { useEntry, type EntryState } from "../auth/entry";
import { AppSkeleton } from "./AppSkeleton";
import { lazyView } from "./lazyView";
import { NotFoundPage } from "./NotFoundPage";

const WITH_QUERIES = { texts: ["auth"], hasQueries: true } as const;

// Who is signed in needs none of these, and who is not needs no chat.
const LoginPage = lazyView(async () => (await import("../auth/LoginPage")).LoginPage, WITH_QUERIES);
const RegisterPage = lazyView(async () => (await import("../auth/RegisterPage")).RegisterPage, WITH_QUERIES);
const ResetPasswordPage = lazyView(async () => (await import("../auth/PasswordPages")).ResetPasswordPage, {
  texts: ["auth"],
});
const VerifyEmailPage = lazyView(async () => (await import("../auth/VerifyEmailPage")).VerifyEmailPage, {
  texts: ["auth"],
});
const Shell = lazyView(async () => (await import("./Shell")).Shell);

/** Which address shows what, and who may see it. */
export function AppRoutes() {
  return (
    <Suspense fallback={null}>
      <Routes>
        <Route path="/login" element={<SignedOutOnly page={<LoginPage />} />} />
        <Route path="/register" element={<SignedOutOnly page={<RegisterPage />} />} />
        <Route path="/reset-password" element={<ResetPasswordPage />} />
        <Route path="/verify-email" element={<VerifyEmailPage />} />
        <Route path="/" element={<SignedInOnly page={<Shell />} />}>
          <Route index element={null} />
          <Route path="c/:conversationId" element={null} />
          <Route path="settings/:section?" element={null} />
        </Route>
        <Route path="*" element={<NotFoundPage />} />
      </Routes>
    </Suspense>
  );
}

function SignedInOnly({ page }: { page: ReactNode }) {
  const session = useSession();
  const { pathname } = useLocation();
  if (session.status === "unknown") return <AppSkeleton />;
  if (session.status === "signedIn") return page;
  // Who signed out by their own will begins at the beginning the next time.
  const state: EntryState = session.reason === "signedOut" ? {} : { from: pathname };
  return <Navigate to="/login" replace state={state} />;
}

function SignedOutOnly({ page }: { page: ReactNode }) {
  const session = useSession();
  const { from = "/" } = useEntry();
  if (session.status === "unknown") return null;
  return session.status === "signedIn" ? <Navigate to={from} replace /> : page;
}
