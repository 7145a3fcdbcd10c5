import { CopyId, counted, shortly, useWords } from '@muster/ui';
import { groupPath } from '../address.ts';
import type { BusyGroup } from './load.ts';
import { words } from './overview.words.ts';

/** The ten groups with the most deliveries in the last minute. */
export function BusyGroups({ groups }: { groups: BusyGroup[] }) {
  const say = useWords(words);
  return (
    <section class="card stack">
      <h2 class="card-title">{say.busiest}</h2>
      {groups.length === 0 ? (
        <p class="unit card-text">{say.allQuiet}</p>
      ) : (
        <div class="scroll">
          <table class="table linked">
            <thead>
              <tr>
                <th>{say.group}</th>
                <th>{say.app}</th>
                <th class="number">{say.members}</th>
                <th class="number">{say.said}</th>
              </tr>
            </thead>
            <tbody>
              {groups.map(({ appId, groupId, name, members, messages }) => (
                <tr key={`${appId} ${groupId}`}>
                  <td>
                    <a href={groupPath(appId, groupId)}>{name || groupId}</a>
                  </td>
                  <td>
                    <CopyId value={appId} name={say.app} characters={16} />
                  </td>
                  <td class="number">{counted(members)}</td>
                  <td class="number">
                    {shortly(messages)} <span class="unit">{say.perSecond}</span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
