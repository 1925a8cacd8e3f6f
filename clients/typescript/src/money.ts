/** An amount in the currency's minor unit (cents), and the currency by its ISO 4217 code. */
export interface Money {
  amount_minor: number;
  currency: string;
}
