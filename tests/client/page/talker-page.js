window.talker = makeTalker(io);
