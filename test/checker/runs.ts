/** Which invariants each kind of run has the facts for; a run that has others fails, so that docs/invariants.md stays true. */
export const RUNS = {
  /** `test/model/model.spec.ts`, in memory. */
  engine: ['S3', 'S4', 'S5', 'S6', 'S8', 'S10'],
  /** `test/model/service.spec.ts`; V5 only where privacy is mutual. */
  people: [
    'D1',
    'D2',
    'D3',
    'D4',
    'D5',
    'Q1',
    'Q2',
    'Q3',
    'Q4',
    'S1',
    'S2',
    'S4',
    'S9',
    'S10',
    'S11',
    'V1',
    'V2',
    'V4',
    'V5',
    'V6',
    'V7',
  ],
  /** `test/faults`. */
  faults: ['D1', 'D2', 'D3', 'Q4', 'Q5', 'S1', 'S2', 'S4', 'S7', 'S10', 'S12', 'V1'],
} as const;
