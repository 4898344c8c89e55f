import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createApp } from "./app/app";
import { browserWorld } from "./app/browser";
import { Root } from "./app/Root";
import { startI18n } from "./i18n";
import "./ui/tokens.css";
import "./ui/base.css";

const element = document.getElementById("root");
if (element === null) throw new Error("the page has no root");

const app = createApp(browserWorld());
// While texts are made ready, the first calls are under way.
app.start();
await startI18n();
createRoot(element).render(
  <StrictMode>
    <Root app={app} />
  </StrictMode>,
);
