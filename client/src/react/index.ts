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
  type MyPrivacy,
  type MyStatus,
  type Typing,
} from './hooks.js';
