import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { compression } from "vite-plugin-compression2";

/** The gateway that `npm run dev` hands calls and sign-ins to. */
const gateway = process.env["QUICKSYNC_GATEWAY"] ?? "http://127.0.0.1:8080";

/** Packages that every view needs. None that only some do, or the first load would have them too. */
const BASE =
  /node_modules\/(react|react-dom|scheduler|react-router|i18next|react-i18next|use-sync-external-store|@bufbuild|@connectrpc)\//;

export default defineConfig({
  plugins: [
    react(),
    // The gateway sends assets as they lie there; it compresses nothing itself.
    compression({ include: /^assets\//, algorithms: ["brotliCompress", "gzip"], threshold: 1024 }),
  ],
  build: {
    target: "es2023",
    // The policy of the gateway allows nothing inline, data: addresses included.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    sourcemap: false,
    rolldownOptions: {
      output: {
        // What every view stands on, in one file: it compresses better than in many, and a new version of the app leaves it as it is.
        codeSplitting: { groups: [{ name: "base", test: BASE }] },
      },
    },
  },
  server: {
    // The gateway takes calls that spend a cookie from its own origin only, so the page's origin is put in order on the way.
    proxy: {
      "^/(quicksync\\.|auth/)": {
        target: gateway,
        changeOrigin: true,
        headers: { origin: gateway },
      },
    },
  },
});
