const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

/** Bytes as a person reads them: `0 byte`, `12.3 MB`. */
export function size(bytes) {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const value = bytes / 1000 ** power;
  return new Intl.NumberFormat('en', {
    style: 'unit',
    unit: UNITS[power],
    unitDisplay: power === 0 ? 'long' : 'short',
    maximumFractionDigits: power === 0 || value >= 100 ? 0 : 1,
  }).format(value);
}

export function speed(bytesPerSecond) {
  return `${size(bytesPerSecond)}/s`;
}

/** Rounded down, so that 100 % is only said when it is true. */
export function percent(fraction) {
  return `${Math.floor(fraction * 100)} %`;
}

export function timeLeft(seconds) {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s left`;
  if (whole < 3600) return `${Math.ceil(whole / 60)} min left`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min left`;
}
