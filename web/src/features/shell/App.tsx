import { useEffect } from "react";
import { BrowserRouter } from "react-router";
import { LiveRegion } from "../../ui/LiveRegion";
import { followTheme } from "../../ui/theme";
import { ToastRegion } from "../../ui/ToastRegion";
import { TooltipLayer } from "../../ui/TooltipLayer";
import { ErrorBoundary } from "./ErrorBoundary";
import { AppRoutes } from "./AppRoutes";
import { WindowTitle } from "./WindowTitle";

/** All that is seen. */
export function App() {
  useEffect(followTheme, []);
  return (
    <ErrorBoundary>
      <BrowserRouter>
        <AppRoutes />
      </BrowserRouter>
      <WindowTitle />
      <LiveRegion />
      <ToastRegion />
      <TooltipLayer />
    </ErrorBoundary>
  );
}
