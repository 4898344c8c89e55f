import { lazy, Suspense, type ReactNode } from "react";
import { Navigate, Route, Routes, useLocation } from "react-router";
import { useSession } from "../../store/hooks";
import { useEntry, type EntryState } from "../auth/entry";
import { AppSkeleton } from "./AppSkeleton";
import { lazily } from "./lazily";
import { NotFoundPage } from "./NotFoundPage";

// Who is signed in needs none of these, and who is not needs no chat.
const LoginPage = lazy(() => lazily(() => import("../auth/LoginPage")).then((pages) => ({ default: pages.LoginPage })));
const RegisterPage = lazy(() =>
  lazily(() => import("../auth/RegisterPage")).then((pages) => ({ default: pages.RegisterPage })),
);
const ResetPasswordPage = lazy(() =>
  lazily(() => import("../auth/PasswordPages")).then((pages) => ({ default: pages.ResetPasswordPage })),
);
const VerifyEmailPage = lazy(() =>
  lazily(() => import("../auth/VerifyEmailPage")).then((pages) => ({ default: pages.VerifyEmailPage })),
);
const Shell = lazy(() => lazily(() => import("./Shell")).then((shell) => ({ default: shell.Shell })));

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
