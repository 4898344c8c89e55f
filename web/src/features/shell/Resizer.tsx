import { useRef, type KeyboardEvent, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";
import styles from "./Resizer.module.css";
import { LIST_WIDTH } from "./useListWidth";

const STEP = 16;

/** The edge of the list that is drawn, or moved by arrow keys; twice pressed it goes back. */
export function Resizer({ width, onResize }: { width: number; onResize: (width: number) => void }) {
  const { t } = useTranslation("shell");
  const start = useRef<{ x: number; width: number } | null>(null);

  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    start.current = { x: event.clientX, width };
  };
  const onPointerMove = (event: PointerEvent) => {
    if (start.current === null) return;
    const moved = event.clientX - start.current.x;
    onResize(start.current.width + (document.documentElement.dir === "rtl" ? -moved : moved));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const isBack = event.key === (document.documentElement.dir === "rtl" ? "ArrowRight" : "ArrowLeft");
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    onResize(width + (isBack ? -STEP : STEP));
  };

  return (
    // A separator with a value is a control (WAI-ARIA, window splitter); the rules know only the one without.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={t("resize")}
      aria-valuenow={width}
      aria-valuemin={LIST_WIDTH.min}
      aria-valuemax={LIST_WIDTH.max}
      // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className={styles.resizer}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => (start.current = null)}
      onPointerCancel={() => (start.current = null)}
      onDoubleClick={() => onResize(LIST_WIDTH.initial)}
      onKeyDown={onKeyDown}
    />
  );
}
