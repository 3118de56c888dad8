import type { Platform, UserStatus } from '@lamplight/client';

export function Lamp() {
  return (
    <svg className="lamp" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="15" className="lamp-halo" />
      <circle cx="16" cy="16" r="10" className="lamp-glow" />
      <circle cx="16" cy="16" r="5" className="lamp-flame" />
    </svg>
  );
}

/** Told by shape as well as by colour: full, crescent, bar, ring. */
export function StatusDot({ status }: { readonly status: UserStatus }) {
  return (
    <svg className="dot" data-status={status} viewBox="0 0 14 14" aria-hidden="true">
      {status === 'OFFLINE' ? (
        <circle cx="7" cy="7" r="4" fill="none" stroke="currentColor" strokeWidth="2.4" />
      ) : (
        <circle cx="7" cy="7" r="5.2" fill="currentColor" />
      )}
      {status === 'IDLE' && <circle cx="4.6" cy="4.6" r="3.6" className="cut" />}
      {status === 'DO_NOT_DISTURB' && <rect x="3.8" y="6" width="6.4" height="2" rx="1" className="cut" />}
    </svg>
  );
}

const DEVICE_PATHS: { readonly [platform in Platform]: string } = {
  WEB: 'M2 3h12v10H2z M2 6h12',
  MOBILE: 'M5 1.5h6v13H5z M7 12.5h2',
  DESKTOP: 'M1.5 2.5h13v8h-13z M5.5 13.5h5 M8 10.5v3',
  BOT: 'M3 6h10v7H3z M8 3v3 M6 9h.5 M9.5 9h.5',
  UNKNOWN: 'M8 14.2A6.2 6.2 0 1 0 8 1.8a6.2 6.2 0 0 0 0 12.4z',
};
const DEVICE_NAMES: { readonly [platform in Platform]: string } = {
  WEB: 'browser',
  MOBILE: 'phone',
  DESKTOP: 'desktop',
  BOT: 'bot',
  UNKNOWN: 'other device',
};

export function Devices({ platforms }: { readonly platforms: readonly Platform[] }) {
  return (
    <span className="devices">
      {platforms.map((platform) => (
        <svg key={platform} viewBox="0 0 16 16" role="img" aria-label={DEVICE_NAMES[platform]}>
          <title>{DEVICE_NAMES[platform]}</title>
          <path d={DEVICE_PATHS[platform]} />
        </svg>
      ))}
    </span>
  );
}
