import { Component, type ErrorInfo, type ReactNode } from "react";
import { BrokenPlace } from "./BrokenPlace";
import { forgetFailedViews } from "./lazyView";

interface Props {
  children: ReactNode;
  /** Where it changes, what broke is tried again: the address, for a pane. */
  resetKey?: string;
}

interface State {
  readonly error: unknown;
  readonly resetKey: string | undefined;
}

/** Keeps a view that breaks from taking the others along, and tries again when asked. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null, resetKey: this.props.resetKey };

  static getDerivedStateFromError(error: unknown): Partial<State> {
    return { error: error ?? new Error("a view broke without saying why") };
  }

  static getDerivedStateFromProps({ resetKey }: Props, state: State): Partial<State> | null {
    return resetKey === state.resetKey ? null : { error: null, resetKey };
  }

  override componentDidCatch(error: unknown, { componentStack }: ErrorInfo): void {
    console.error("a view broke", error, componentStack);
  }

  private readonly retry = () => {
    forgetFailedViews();
    this.setState({ error: null });
  };

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return <BrokenPlace onRetry={this.retry} />;
  }
}
