/** After each test: what it stopped runs again, its browsers are closed, and none of their pages had to complain. */
import { afterAll, afterEach, expect } from "vitest";
import { Visitor, visitors } from "./visitor.ts";
import { closeBrowser, mesh } from "./world.ts";

afterEach(async ({ task }) => {
  const opened = visitors();
  if (task.result?.state === "fail") {
    await Promise.all(opened.map((visitor, index) => visitor.record(`${task.name}-${index + 1}`)));
  }
  const complaints = opened.flatMap((visitor: Visitor) => visitor.complaints);
  await Promise.all(opened.map((visitor) => visitor.close()));
  await mesh.restore();
  expect(complaints, "what pages had to complain of").toEqual([]);
});

afterAll(closeBrowser);
