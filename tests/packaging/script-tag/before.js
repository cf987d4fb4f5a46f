window.globalsBefore = Object.getOwnPropertyNames(window);
