import { useState } from 'react';

import { useCrowd } from './crowd.js';
import { Lamp } from './icons.js';
import { Pane } from './pane.js';
import { PEOPLE, type PersonId } from './session.js';

const PANES_MAX = 3;
const NOBODY: readonly PersonId[] = [];

/** Several people side by side on one page: what one does, the others see. */
export function App() {
  const [people, setPeople] = useState<readonly PersonId[]>(['alice', 'bob']);
  const replace = (at: number, person: PersonId) => setPeople(people.map((one, i) => (i === at ? person : one)));
  const [crowded, setCrowded] = useState(false);
  useCrowd(crowded ? PEOPLE.filter((person) => !people.includes(person)) : NOBODY);
  const next = PEOPLE.find((person) => !people.includes(person)) ?? 'alice';

  return (
    <>
      <header className="masthead">
        <div className="brand">
          <Lamp />
          <div>
            <h1>Lamplight</h1>
            <p>Each pane is somebody at a screen of their own. What one does, the others see.</p>
          </div>
        </div>
        <nav aria-label="Tools">
          <button
            type="button"
            className="quiet"
            aria-pressed={crowded}
            title="Everybody without a screen here comes online and talks"
            onClick={() => setCrowded(!crowded)}
          >
            Fill the lobby
          </button>
          {people.length < PANES_MAX && (
            <button type="button" className="quiet" onClick={() => setPeople([...people, next])}>
              Add a person
            </button>
          )}
          {people.length > 1 && (
            <button type="button" className="quiet" onClick={() => setPeople(people.slice(0, -1))}>
              Remove one
            </button>
          )}
          <a className="quiet" href="/graphql">
            GraphQL
          </a>
        </nav>
      </header>
      <main className="panes" data-count={people.length}>
        {people.map((person, i) => (
          <Pane key={i} number={i + 1} person={person} onPerson={(one) => replace(i, one)} />
        ))}
      </main>
      <footer className="colophon">
        Lamplight carries presence, not messages: those in the lobby stay on this page.
      </footer>
    </>
  );
}
