/** The product's sign: a roll with two names on it. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" />
      <g>
        <circle cx="9" cy="10" r="2.6" />
        <circle cx="9" cy="22" r="2.6" />
        <rect x="14" y="8.4" width="11" height="3.2" rx="1.6" />
        <rect x="14" y="20.4" width="8" height="3.2" rx="1.6" />
      </g>
    </svg>
  );
}
