import { useId } from "react";

/** The mark: a Q that is a speech bubble. Decoration; the name stands beside it or on its link. */
export function Mark({ size = 32 }: { size?: number }) {
  const clip = useId();
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden focusable="false">
      <clipPath id={clip}>
        <rect width="32" height="32" rx="9" />
      </clipPath>
      <g clipPath={`url(#${clip})`}>
        <rect width="32" height="32" fill="#056965" />
        <path
          fill="none"
          stroke="#ffffff"
          strokeWidth="3"
          strokeLinecap="round"
          strokeLinejoin="round"
          d="M24.6 24.6l-3.3-.9A9 9 0 1 1 23.8 21z"
        />
        <circle cx="11.9" cy="15.9" r="1.4" fill="#80ded7" />
        <circle cx="16" cy="15.9" r="1.4" fill="#80ded7" />
        <circle cx="20.1" cy="15.9" r="1.4" fill="#80ded7" />
      </g>
    </svg>
  );
}
