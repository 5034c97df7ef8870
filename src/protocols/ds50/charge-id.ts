import { CallerFault } from '../../domain/fault.ts';

/** What the id of a card's charge is made of, as the payment server knows it. */
interface ChargeParts {
  /** Day of the sale, `YYYY-MM-DD`. */
  readonly date: string;
  /** Six digits each. */
  readonly batch: string;
  readonly trace: string;
}

/** Id of the charge of a sale on a day (`YYYY-MM-DD`); batch and trace number from 0 to 999,999. */
export const chargeId = (day: string, batch: number, trace: number): string =>
  [day.replaceAll('-', ''), sixDigits(batch), sixDigits(trace)].join('-');

const sixDigits = (value: number): string => String(value).padStart(6, '0');

/** Takes `YYYYMMDD-BBBBBB-TTTTTT` apart. @throws CallerFault `charge-invalid` */
export function chargeParts(charge: string): ChargeParts {
  const [, year, month, day, batch, trace] = /^(\d{4})(\d\d)(\d\d)-(\d{6})-(\d{6})$/.exec(charge) ?? [];
  if (batch !== undefined && trace !== undefined) return { date: `${year}-${month}-${day}`, batch, trace };
  throw new CallerFault('The charge is none of a card', {
    code: 'charge-invalid',
    found: `${charge.length} characters`,
    expected: 'date, batch and trace number: YYYYMMDD-BBBBBB-TTTTTT',
  });
}
