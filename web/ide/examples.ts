/** What one would try first, each in a tab of its own. */
export const EXAMPLES = [
  {
    query: `# Each contact as they are now, then every change:
# run it, then open the demo.
subscription Contacts {
  statusChanged(snapshot: true) {
    user { displayName }
    status
    lastSeen
    message { emoji text }
    platforms
  }
}
`,
  },
  {
    query: `query Me {
  me {
    user { id displayName }
    customStatus
    lastActive
    presence { status platforms message { emoji text expiresAt } }
    privacy { lastSeen online typing blockedUserIds }
    connections { id platform active connectedAt }
  }
}
`,
  },
  {
    query: `mutation Lunch($message: StatusMessageInput!) {
  setCustomStatus(status: DO_NOT_DISTURB, message: $message) {
    status
    message { emoji text expiresAt }
  }
}
`,
    variables: JSON.stringify({ message: { emoji: '🍜', text: 'Lunch', clearAfterSeconds: 60 } }, null, 2),
  },
  {
    query: `mutation Heartbeat {
  heartbeat(deviceId: "ide", platform: WEB) {
    nextHeartbeatInSeconds
    presence { status platforms }
  }
}
`,
  },
  {
    query: `subscription Lobby {
  userTyping(conversationId: "lobby") {
    user { displayName }
    isTyping
    expiresAt
  }
}
`,
  },
  {
    query: `mutation Privacy {
  updatePrivacy(input: { lastSeen: CONTACTS, coarseLastSeen: true }) {
    showLastSeen
    lastSeen
    online
    coarseLastSeen
  }
}
`,
  },
];
