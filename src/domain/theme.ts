/** How screens look to those who cannot see them well: stronger colours, larger letters, or both. */
export interface Theme {
  readonly contrast: 'normal' | 'high';
  readonly text: 'normal' | 'large';
}

export const NORMAL_THEME: Theme = { contrast: 'normal', text: 'normal' };
