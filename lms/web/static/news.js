// On the start page: news of saved modules, for who has saved some. Others need not fetch the script for it.
if (localStorage.getItem("peduli.packs")) import("./packs.js");
