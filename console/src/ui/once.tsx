import { useSignal } from '@preact/signals';
import { t } from '../i18n';
import { Act } from './form';

interface Props {
  /** What it is for, and that it is not shown again. */
  said: string;
  secret: string;
  isLink?: boolean;
}

/** What nobody can show again, to be taken along now. */
export function Once({ said, secret, isLink }: Props) {
  const copied = useSignal('');
  async function copy() {
    await navigator.clipboard.writeText(secret);
    copied.value = secret;
  }
  return (
    <div class="note" role="status">
      <p>{said}</p>
      <p class="secret">{isLink ? <a href={secret}>{secret}</a> : <code>{secret}</code>}</p>
      {/* A page that came over plain http has no clipboard. */}
      {'clipboard' in navigator && <Act act={copy}>{copied.value === secret ? t().copied : t().copy}</Act>}
    </div>
  );
}
