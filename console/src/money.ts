import type { Money } from './api';
import { locale } from './i18n';

/** An amount as people read it. The document that types are generated from says no more than that it is an object. */
export function money(it: unknown, style: Intl.NumberFormatOptions = {}): string {
  const { amount_minor, currency } = it as Money;
  const formatter = formatterOf(locale.value, { ...style, style: 'currency', currency });
  const digits = formatter.resolvedOptions().maximumFractionDigits ?? 2;
  return formatter.format(amount_minor / 10 ** digits);
}

const formatters = new Map<string, Intl.NumberFormat>();

/** Each is made once, as with times. */
function formatterOf(locale: string, style: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify([locale, style]);
  const known = formatters.get(key) ?? new Intl.NumberFormat(locale, style);
  formatters.set(key, known);
  return known;
}

/** Without cents where there are none: many of them stand side by side. */
export function shortMoney(it: unknown): string {
  return money(it, { trailingZeroDisplay: 'stripIfInteger' } as Intl.NumberFormatOptions);
}

export function amount(it: unknown): number {
  return (it as Money).amount_minor;
}

export function plus(one: unknown, other: unknown): Money {
  return { ...(one as Money), amount_minor: amount(one) + amount(other) };
}

export function share(it: unknown, percent: number): Money {
  return { ...(it as Money), amount_minor: Math.floor((amount(it) * percent) / 100) };
}
