/** What a box says aloud, by meaning. */
export type Phrase =
  | 'received'
  | 'delivered'
  | 'failed'
  | 'paired'
  /** An amount that was paid elsewhere. */
  | 'amount'
  | 'present-card'
  | 'card-declined'
  | 'card-unanswered'
  | 'update-installing'
  | 'update-done'
  | 'update-failed'
  /** What a volume key is answered with. */
  | 'volume-up'
  | 'volume-down'
  | 'volume-max'
  | 'volume-min';
