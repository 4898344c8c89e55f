/** The first view. */
export function Root() {
  return <h1>QuickSync</h1>;
}
