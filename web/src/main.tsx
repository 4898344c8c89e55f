import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Root } from "./app/Root";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root");
createRoot(root).render(
  <StrictMode>
    <Root />
  </StrictMode>,
);
