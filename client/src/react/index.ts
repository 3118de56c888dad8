export { LamplightProvider, useLamplight } from './provider.js';
export {
  useConnection,
  useContacts,
  useLastSeen,
  useMembers,
  useMyStatus,
  usePresence,
  usePresences,
  usePrivacy,
  useTyping,
} from './hooks.js';
