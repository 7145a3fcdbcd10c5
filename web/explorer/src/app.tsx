import { Failure, Skeleton, useLoaded } from '@muster/ui';
import { LocationProvider } from 'preact-iso/router';
import { loadContract } from './contract/load.ts';
import { Frame } from './frame/frame.tsx';

/** The explorer: what it shows is what the server that it came from tells of itself. */
export function App() {
  const { value, error, reload } = useLoaded('contract', loadContract);
  if (error) {
    return (
      <main class="alone">
        <Failure error={error} onRetry={reload} />
      </main>
    );
  }
  if (!value) {
    return (
      <main class="alone">
        <Skeleton rows={4} />
      </main>
    );
  }
  return (
    <LocationProvider scope="/explorer">
      <Frame contract={value} />
    </LocationProvider>
  );
}
