import { t } from '../i18n';
import { clock, day } from '../times';
import { now } from '../clock';
import type { Rules } from './grid';

type Conditions = Pick<Rules, 'full_refund_hours' | 'late_refund_percent'>;

interface Props {
  rules: Conditions & Partial<Rules>;
  starts_at: string;
  zone: string;
}

/** Until when everything is paid back. */
export function fullRefundUntil(terms: Conditions, starts_at: string): number {
  return Date.parse(starts_at) - terms.full_refund_hours * 3_600_000;
}

/** The terms of a booking in sentences. */
export function Terms({ rules, starts_at, zone }: Props) {
  const words = t().courts;
  const until = fullRefundUntil(rules, starts_at);
  const inTime = now.value < until;
  return (
    <ul class="terms">
      {rules.hold_seconds !== undefined && <li>{words.held_for(rules.hold_seconds)}</li>}
      {inTime && <li>{words.refund_until(`${day(until, zone)}, ${clock(until, zone)}`)}</li>}
      <li>{inTime ? words.refund_after(rules.late_refund_percent) : words.refund_late(rules.late_refund_percent)}</li>
      {rules.payment && <li>{words.payments[rules.payment]}</li>}
    </ul>
  );
}
