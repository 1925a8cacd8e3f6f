// Times as people read them: in the venue's zone, by the reader's language.
import { locale } from './i18n';

type Parts = Record<string, string>;

/** `HH:MM`, or with am and pm, as the language has it. */
export function clock(at: string | number, zone: string): string {
  return format(at, { timeZone: zone, hour: 'numeric', minute: '2-digit' });
}

export function span(starts: string, ends: string, zone: string): string {
  return `${clock(starts, zone)}–${clock(ends, zone)}`;
}

/** "Sat, 28 Nov" of an instant. */
export function day(at: string | number, zone: string): string {
  return format(at, { timeZone: zone, weekday: 'short', day: 'numeric', month: 'short' });
}

export function moment(at: string | number, zone?: string): string {
  const style: Intl.DateTimeFormatOptions = { dateStyle: 'medium', timeStyle: 'medium' };
  return format(at, zone ? { ...style, timeZone: zone } : style);
}

/** A civil date, `YYYY-MM-DD`, which is in no zone. */
export function civil(date: string, style: Intl.DateTimeFormatOptions): string {
  return format(`${date}T12:00:00Z`, { ...style, timeZone: 'UTC' });
}

export function plusDays(date: string, days: number): string {
  const at = new Date(`${date}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/** The service date at an instant: what is played before the day starts belongs to the day before. */
export function serviceDate(at: number, zone: string, dayStartsAt: string): string {
  const [hour = 0, minute = 0] = dayStartsAt.split(':').map(Number);
  const { date, time } = wall(at, zone);
  const early = time < `${two(hour)}:${two(minute)}`;
  return early ? plusDays(date, -1) : date;
}

/** The civil date and `HH:MM` of an instant in a zone. */
export function wall(at: string | number, zone: string): { date: string; time: string } {
  const formatter = formatterOf('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  const parts: Parts = {};
  for (const { type, value } of formatter.formatToParts(new Date(at))) parts[type] = value;
  return { date: `${parts['year']}-${parts['month']}-${parts['day']}`, time: `${parts['hour']}:${parts['minute']}` };
}

export function minutesBetween(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 60_000;
}

/** `4:07`, or `1:04:07`. */
export function countdown(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

function two(it: number): string {
  return String(it).padStart(2, '0');
}

function format(at: string | number, style: Intl.DateTimeFormatOptions): string {
  return formatterOf(locale.value, style).format(new Date(at));
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Each is made once: a day's grid has hundreds of times in it, and making one takes longer than all of them together. */
function formatterOf(locale: string, style: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([locale, style]);
  const known = formatters.get(key) ?? new Intl.DateTimeFormat(locale, style);
  formatters.set(key, known);
  return known;
}
