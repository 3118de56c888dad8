// Socket.IO with its Redis adapter: a room for every watched user.
import http from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import jwt from 'jsonwebtoken';
import { Server } from 'socket.io';
import { BACKLOG, KEY, PORT, REDIS_PORT } from './settings.mjs';

const publisher = new Redis(REDIS_PORT, '127.0.0.1');
const subscriber = new Redis(REDIS_PORT, '127.0.0.1');
const server = http.createServer();
const io = new Server(server, {
  transports: ['websocket'],
  serveClient: false,
  adapter: createAdapter(publisher, subscriber),
});

io.use((socket, next) => {
  try {
    socket.data.userId = jwt.verify(socket.handshake.auth.token, KEY).sub;
    next();
  } catch (error) {
    next(error);
  }
});
io.on('connection', (socket) => {
  socket.on('watch', (userIds, done) => {
    socket.join(userIds);
    done();
  });
});
server.listen(PORT, '127.0.0.1', BACKLOG);
