import { describe, expect, it } from 'vitest';
import { endOfTrainMs, inhibitsWhileActive, PROFILE_NAMES, profileNamed, stuckAfterMs } from './profiles.ts';

describe('acceptor profiles', () => {
  it.each(PROFILE_NAMES)('%s takes what its acceptor sends, and no gap ends a train by mistake', (name) => {
    const profile = profileNamed(name);
    if (!profile) throw new Error('no profile');
    const { minPulseMs, maxPulseMs, minGapMs, maxGapMs, nominal } = profile;
    expect(nominal.pulseMs).toBeGreaterThanOrEqual(minPulseMs);
    expect(nominal.pulseMs).toBeLessThanOrEqual(maxPulseMs);
    expect(nominal.gapMs).toBeGreaterThanOrEqual(minGapMs);
    expect(nominal.gapMs).toBeLessThanOrEqual(maxGapMs);
    expect(endOfTrainMs(profile)).toBeGreaterThanOrEqual(maxGapMs + 50);
    expect(stuckAfterMs(profile)).toBeGreaterThan(maxPulseMs);
  });

  it.each([
    ['ch-926', 240],
    ['ict-u70-slow', 600],
    ['nv9-parallel', 150],
  ])('%s ends a train after %i ms', (name, ms) => {
    const profile = profileNamed(name);
    expect(profile && endOfTrainMs(profile)).toBe(ms);
  });

  it('has NO and NC wiring apart', () => {
    expect(profileNamed('ch-926')?.idle).toBe('high');
    expect(profileNamed('ch-926-nc')?.idle).toBe('low');
  });

  it.each([
    ['ict-u70-fast', 'high', true],
    ['ict-u70-fast', 'low', false],
    ['ict-u70-fast-inhibit-low', 'low', true],
    ['ict-u70-fast-inhibit-low', 'high', false],
  ] as const)('%s on a pin that is active %s: inhibits while active %s', (name, active, expected) => {
    const profile = profileNamed(name);
    expect(profile && inhibitsWhileActive(profile, { chip: 'sim', line: 'INHIBIT', active })).toBe(expected);
  });

  it('knows no other, whatever objects are born with', () => {
    expect(profileNamed('toString')).toBeNull();
    expect(profileNamed('ch-92')).toBeNull();
  });
});
