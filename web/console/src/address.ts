// What stands in the address besides the screen: filters, page, the open user.
import { useLocation } from 'preact-iso/router';

/** Where an application is shown. */
export const appPath = (app: string): string => `/console/apps/${encodeURIComponent(app)}`;

/** Where a group's room is shown. */
export const groupPath = (app: string, group: string): string => `${appPath(app)}/${encodeURIComponent(group)}`;

/** The query of this address, and how it is changed; what is empty is left out. */
export function useQuery(): [query: Record<string, string>, change: (changed: Record<string, string>) => void] {
  const { path, query, route } = useLocation();
  const change = (changed: Record<string, string>) => {
    const kept = Object.entries({ ...query, ...changed }).filter(([, value]) => value !== '');
    const text = new URLSearchParams(kept).toString();
    route(text ? `${path}?${text}` : path, true);
  };
  return [query, change];
}
