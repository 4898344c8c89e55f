/** Answers that no service gives while it is well. */
import type { Page } from "playwright-core";

/** Of gRPC: no repetition helps, the app has to say so. */
const INTERNAL = "13";

/** Every call of a method fails, until the function that this gives is called. */
export async function refuse(page: Page, method: string): Promise<() => Promise<void>> {
  const address = `**/${method}`;
  await page.route(address, (route) =>
    route.fulfill({
      status: 200,
      contentType: "application/grpc-web+proto",
      headers: { "grpc-status": INTERNAL, "grpc-message": "refused by a test" },
      body: "",
    }),
  );
  return () => page.unroute(address);
}
