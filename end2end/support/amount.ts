// Exact amounts: micro-tokens as BigInt, as the books keep them. No floats.
const MICRO = 1_000_000n;

/** Reads `26,450.535 tokens`, `−12.5` or `3549.465` as micro-tokens. */
export function micro(text: string): bigint {
  const found = /^\s*([-−]?)([\d,]+)(?:\.(\d{1,6}))?(?:\s.*)?$/s.exec(text);
  if (!found) throw new Error(`no amount: ${JSON.stringify(text)}`);
  const [, sign, whole = '', fraction = ''] = found;
  const value = BigInt(whole.replaceAll(',', '')) * MICRO + BigInt(fraction.padEnd(6, '0'));
  return sign ? -value : value;
}

/** As the API writes it: no separators, no zeros at the end. */
export function decimal(micro: bigint): string {
  const [sign, value] = micro < 0n ? ['-', -micro] : ['', micro];
  const fraction = String(value % MICRO).padStart(6, '0').replace(/0+$/, '');
  return `${sign}${value / MICRO}${fraction && `.${fraction}`}`;
}

/** As a page writes it in full: with separators. */
export function full(micro: bigint): string {
  const [whole = '', fraction] = decimal(micro).split('.');
  const grouped = whole.replace('-', '−').replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction ? `${grouped}.${fraction}` : grouped;
}
