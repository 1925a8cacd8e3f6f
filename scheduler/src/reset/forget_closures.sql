DELETE FROM closure_news
